import { describe, expect, it } from 'vitest'
import { allocateDevices, capacityObjection, ResourcesSpec, type Device } from '../../../src/domain/index.ts'

const gpu = (index: number, vendor: string): Device => ({ class: 'gpu', vendor, index, name: 'a GPU' })
const devices = [gpu(0, 'intel'), gpu(0, 'nvidia'), gpu(1, 'nvidia')]
const capacity = { cpu: 2, memoryBytes: 2 ** 21, diskBytes: 10, gpu: 3 }
const why = (asked: Partial<ResourcesSpec>, perJob = {}): string | undefined =>
  capacityObjection(ResourcesSpec.parse({ memoryBytes: 2 ** 20, ...asked }), { capacity, devices, perJob })
    ?.message

describe('what a node can never run', () => {
  it('is what is larger than the node, not what is as large', () => {
    expect(why({ cpu: 2, memoryBytes: 2 ** 21, diskBytes: 10 })).toBeUndefined()
    expect(why({ cpu: 2.1 })).toBe('asks for 2.1 CPU cores, the node has 2')
    expect(why({ memoryBytes: 2 ** 21 + 1 })).toBe('asks for 2097153 bytes of memory, the node has 2097152')
    expect(why({ diskBytes: 11 })).toBe('asks for 11 bytes of disk, the node has 10')
    expect(why({ gpu: 4 })).toBe('asks for 4 GPUs, the node has 3')
  })

  it('is what is more than the owner lets one job have', () => {
    expect(why({ cpu: 2 }, { cpu: 1 })).toBe('asks for 2 CPU cores, a job may have at most 1')
    expect(why({ gpu: 1 }, { gpu: 0 })).toBe('asks for 1 GPUs, a job may have at most 0')
  })

  it('is what asks for devices that are not there: classes, vendors, and GPUs of two makers at once', () => {
    expect(why({ gpu: 2, gpuVendor: 'nvidia' })).toBeUndefined()
    expect(why({ gpu: 2, gpuVendor: 'intel' })).toBe('asks for 2 GPUs of intel, which the node does not have')
    expect(why({ gpu: 3 })).toBe('asks for 3 GPUs of one vendor, which the node does not have')
    expect(why({ devices: ['coral'] })).toBe('asks for coral, which the node does not have')
  })
})

describe('the devices of an execution', () => {
  it('are GPUs of one vendor with the lowest indices, and those it held before first', () => {
    const asked = ResourcesSpec.parse({ gpu: 1, gpuVendor: 'nvidia' })
    expect(allocateDevices(asked, devices)?.map(({ index }) => index)).toEqual([0])
    expect(allocateDevices(asked, devices, new Set(['gpu/nvidia/1']))?.map(({ index }) => index)).toEqual([1])
  })
})
