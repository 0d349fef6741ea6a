/** The largest answer. Lambda returns at most 6 MB, with its envelope and the escapes of the body's quotation marks. */
export const MAX_ANSWER_BYTES = 5_500_000
