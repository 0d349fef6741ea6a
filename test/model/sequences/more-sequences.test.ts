import { aboutRandomSequences } from './random-sequences.ts'

aboutRandomSequences(1)
