import { createMemoryComputeStore } from '../../src/stores/index.ts'
import { describeComputeStore } from './compute-store.ts'

describeComputeStore('memory', () => Promise.resolve(createMemoryComputeStore()))
