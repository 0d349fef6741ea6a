import { main } from '../cli/frame/main.ts'

await main(process.argv.slice(2))
