import { aboutMutants } from './convict-mutants.ts'

aboutMutants(0)
