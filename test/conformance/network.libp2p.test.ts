import { Libp2pBench } from '../support/libp2p-bench.ts'
import { describeNetwork } from './network.ts'

describeNetwork('createLibp2pNetwork', () => {
  const bench = new Libp2pBench()
  return Promise.resolve({
    start: (name, options) => bench.start(name, options),
    badAddresses: [
      'nonsense',
      '/ip4/127.0.0.1',
      '/ip4/127.0.0.1/udp/1',
      '/ip4/127.0.0.1/tcp/1/ws',
      '/ip4/300.0.0.1/tcp/1',
      '/ip4/127.0.0.1/tcp/70000',
      '/ip4/127.0.0.1/tcp/1/p2p/short',
      '/p2p/12D3KooWGatoPizG8U9cj1kT5mqMK9o8hRWd5nPzBqcEPJxUyB17',
    ],
    deadAddress: '/ip4/127.0.0.1/tcp/9',
  })
})
