/** Where input comes from: each folder is one input source, an adapter of the InputSource port. */
export * from './local-directory/index.ts'
