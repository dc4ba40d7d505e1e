import { createMemoryRequesterStore } from '../../src/stores/index.ts'
import { describeRequesterStore } from './requester-store.ts'

describeRequesterStore('memory', () => Promise.resolve(createMemoryRequesterStore()))
