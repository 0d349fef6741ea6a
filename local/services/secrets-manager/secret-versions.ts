/** One version of a secret. A version without stages is deprecated. */
export interface SecretVersion extends SecretValue {
  readonly id: string
  readonly stages: readonly string[]
  readonly createdMs: number
}

/** A text, or bytes in base64. */
export interface SecretValue {
  readonly string?: string
  readonly binary?: string
}

export const CURRENT = 'AWSCURRENT'
const PREVIOUS = 'AWSPREVIOUS'
const PENDING = 'AWSPENDING'
/** AWS keeps about as many. It deletes only those that are deprecated. */
const KEPT_VERSIONS = 100

/** Returns the version that has a stage. */
export function versionAt(versions: readonly SecretVersion[], stage: string): SecretVersion | undefined {
  return versions.find(({ stages }) => stages.includes(stage))
}

export function currentVersion(versions: readonly SecretVersion[]): SecretVersion | undefined {
  return versionAt(versions, CURRENT)
}

/** Adds a version that has these stages. The first version of a secret is always the current one. */
export function addVersion(
  versions: readonly SecretVersion[],
  version: Omit<SecretVersion, 'stages'>,
  stages: readonly string[],
): SecretVersion[] {
  const wanted = versions.length === 0 ? new Set([...stages, CURRENT]) : new Set(stages)
  const staged = [...wanted].reduce((list, stage) => moveStage(list, stage, version.id), [
    ...versions,
    { ...version, stages: [] },
  ] as SecretVersion[])
  const surplus = staged.length - KEPT_VERSIONS
  const dropped = new Set(staged.filter((kept) => kept.stages.length === 0).slice(0, Math.max(0, surplus)))
  return staged.filter((kept) => !dropped.has(kept))
}

/**
 * Gives a stage to one version, or to none. As on AWS, the version that is no longer the current one becomes the
 * previous one, and is no longer pending.
 */
export function moveStage(
  versions: readonly SecretVersion[],
  stage: string,
  toId: string | undefined,
): SecretVersion[] {
  const holder = versionAt(versions, stage)
  if (holder?.id === toId) return [...versions]
  const moved = versions.map((version): SecretVersion => {
    const others = version.stages.filter((own) => own !== stage)
    return { ...version, stages: version.id === toId ? [...others, stage] : others }
  })
  if (stage !== CURRENT || holder === undefined) return moved
  const withPrevious = moveStage(moved, PREVIOUS, holder.id)
  return withPrevious.map((version) =>
    version.id === holder.id ? { ...version, stages: version.stages.filter((own) => own !== PENDING) } : version,
  )
}
