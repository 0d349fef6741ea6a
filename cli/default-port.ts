/** The port of a local cloud, unless it is taken or another one is given. */
export const DEFAULT_PORT = 4777
