/**
 * The outbox on its way: a sender for each node (node-sender.ts) that says what the records say at that moment
 * (deliver.ts). Messages are in the outbox from the transaction that decided them until the one that knows the answer.
 */
export { Dispatcher } from './dispatcher.ts'
