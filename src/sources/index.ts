/** Where input comes from: each folder is one input source, an adapter of the InputSource port; `cache` keeps what is fetched. */
export * from './cache/index.ts'
export * from './local-directory/index.ts'
export * from './result/index.ts'
export * from './url/index.ts'
