export { createOpcuaConnection } from './connection.ts'
export { discoverEndpoints, type OfferedEndpoint } from './discover.ts'
export { PkiStore, type CertificateInfo, type PkiListing } from './pki.ts'
export type {
  BrowsedReference,
  BrowsePage,
  ConnectionCounters,
  MappedPoint,
  NodeAttributes,
  OpcuaConnection,
  OpcuaConnectionOptions,
} from './types.ts'
