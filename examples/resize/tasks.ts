import { defineTask } from '@jobwire/sdk/task'
import sharp from 'sharp'
import * as v from 'valibot'

/** A task with native code. Its deployment has `"externalModules": ["sharp"]` and a layer with sharp: see the README. */
export const tasks = {
  resize: defineTask({
    input: v.object({ image: v.pipe(v.string(), v.base64()), width: v.optional(v.number(), 640) }),
    run: async ({ image, width }) => {
      const { data, info } = await sharp(Buffer.from(image, 'base64')).resize({ width }).png().toBuffer({
        resolveWithObject: true,
      })
      return { image: data.toString('base64'), width: info.width, height: info.height }
    },
    timeout: '30s',
  }),
}
