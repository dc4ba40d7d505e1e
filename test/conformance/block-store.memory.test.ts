import { MemoryBlockStore } from '../../src/content/index.ts'
import { describeBlockStore } from './block-store.ts'

describeBlockStore('memory', () => Promise.resolve(new MemoryBlockStore()))
