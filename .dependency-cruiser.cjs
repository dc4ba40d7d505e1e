/** The layers of docs/architecture.md: imports point down only, and a heavy package has one home. */
const layer = (name, from, to, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: to },
})
/** `only(home, packages)`: nobody else imports them, not even for a type. */
const only = (home, packages) => ({
  name: `only-${home}-imports-${packages[0].replace(/[^a-z]+/g, '-')}`,
  severity: 'error',
  from: { path: '^src/', pathNot: `^src/${home}/` },
  to: { path: packages.map((name) => `^(node_modules/)?${name}(/|$)`).join('|') },
})
const src = (...folders) => `^src/(${folders.join('|')})/`

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    layer('domain-is-base', '^src/domain/', '^src/(?!domain/|utils/)', 'domain imports nothing above itself'),
    { name: 'domain-is-pure', severity: 'error', from: { path: '^src/domain/' }, to: { dependencyTypes: ['core'] } },
    layer('utils-are-base', '^src/utils/', '^src/(?!utils/)'),
    layer('config-is-base', '^src/config/', '^src/(?!config/|domain/|utils/)'),
    layer('ports-know-domain', '^src/ports/', '^src/(?!ports/|domain/)'),
    layer('content-is-a-library', '^src/content/', '^src/(?!content/|ports/|domain/|utils/)'),
    layer('media-is-a-library', '^src/media/', '^src/(?!media/|ports/|domain/|utils/|config/)'),
    layer('inference-is-a-library', '^src/inference/', '^src/(?!inference/|media/|ports/|domain/|utils/|config/|assets/)'),
    layer('assets-are-a-library', '^src/assets/', '^src/(?!assets/|ports/|domain/|utils/|config/)'),
    layer('cost-stands-alone', '^src/cost/', '^src/(?!cost/)', 'a pure calculator'),
    { name: 'cost-is-pure', severity: 'error', from: { path: '^src/cost/' }, to: { dependencyTypes: ['core', 'npm'] } },
    layer('engines-stand-alone', '^src/engines/', src('sources', 'publishers', 'stores', 'network', 'requester', 'compute', 'api', 'client', 'node', 'cli')),
    layer('sources-stand-alone', '^src/sources/', src('engines', 'publishers', 'stores', 'network', 'requester', 'compute', 'api', 'client', 'node', 'cli')),
    layer('publishers-stand-alone', '^src/publishers/', src('engines', 'sources', 'stores', 'network', 'requester', 'compute', 'api', 'client', 'node', 'cli')),
    layer('stores-stand-alone', '^src/stores/', '^src/(?!stores/|ports/|domain/|utils/)'),
    layer('network-stands-alone', '^src/network/', '^src/(?!network/|ports/|domain/|utils/)'),
    layer('requester-sees-ports', '^src/requester/', '^src/(?!requester/|ports/|domain/|utils/|content/)'),
    layer('compute-sees-ports', '^src/compute/', '^src/(?!compute/|ports/|domain/|utils/)'),
    layer('api-sees-ports', '^src/api/', '^src/(?!api/|ports/|domain/|utils/)'),
    layer('client-sees-domain', '^src/client/', '^src/(?!client/|domain/|utils/)'),
    { name: 'client-is-light', severity: 'error', from: { path: '^src/client/' }, to: { path: 'node_modules', pathNot: 'node_modules/zod/' } },
    layer('download-sees-client', '^src/download/', '^src/(?!download/|client/|content/|domain/|utils/)'),
    { name: 'cli-talks-http', severity: 'error', from: { path: '^src/cli/', pathNot: '^src/cli/commands/(serve|devstack|token-new|detect|detect-here|detect-labels|eval|bench|model-list|model-pull|model-import|model-inspect|model-rm|model-quantize|doctor|cid)\\.ts$' }, to: { path: '^src/(?!cli/|client/|download/|cost/|domain/|utils/|config/)' } },
    { name: 'cli-starts-light', severity: 'error', from: { path: '^src/cli/main\\.ts$' }, to: { path: '^src/|^(node_modules/)?(zod|pino|ora|cli-table3)(/|$)', pathNot: '^src/cli/', dependencyTypesNot: ['dynamic-import'] } },
    { name: 'nobody-imports-faces', severity: 'error', from: { path: '^src/(?!cli/)' }, to: { path: '^src/cli/' } },
    { name: 'only-faces-import-node', severity: 'error', from: { path: '^src/(?!node/|cli/)' }, to: { path: '^src/node/' } },
    only('media', ['fluent-ffmpeg', '@ffmpeg-installer', '@ffprobe-installer']),
    only('inference', ['onnxruntime-node']),
    only('network', ['libp2p', '@libp2p', '@chainsafe/libp2p-noise', '@multiformats/multiaddr', 'cborg']),
    only('content', ['ipfs-unixfs-importer', 'ipfs-unixfs-exporter', '@ipld/dag-pb', 'multiformats']),
    only('api', ['fastify', '@fastify', 'fastify-type-provider-zod']),
    only('engines/docker', ['dockerode']),
    only('cli', ['yargs', 'ora', 'cli-table3']),
    { name: 'no-test-in-src', severity: 'error', from: { path: '^src/' }, to: { path: '^(test|bench)/' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
