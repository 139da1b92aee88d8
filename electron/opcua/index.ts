export { type ReviewFinding, reviewServer, type ServerReview } from './certificate-review.ts'
export { createOpcuaConnection } from './connection.ts'
export { type DoctorOptions, isEndpointUrl, runConnectionDoctor } from './doctor/run-doctor.ts'
export { discoverEndpoints, type OfferedEndpoint } from './discover.ts'
export { describeOwnCertificate, ownApplicationUri } from './doctor/own-certificate.ts'
export { PkiStore, type CertificateInfo, type PkiListing } from './pki.ts'
export { wordsOfRule } from './exceptions.ts'
export { ReverseCalls } from './reverse-calls.ts'
export type { FoundNode, SearchResult } from './browse-index.ts'
export type {
  BrowsedReference,
  BrowsePage,
  ConnectionCounters,
  MappedPoint,
  NodeAttributes,
  OpcuaConnection,
  OpcuaConnectionOptions,
  ReadValue,
  WritableNode,
  WriteOutcome,
} from './types.ts'
export { checkTyped, WriteValueError } from './write-check.ts'
export { checkUserCertificate } from './user-certificate.ts'
export { expiryNotice, expirySeverity } from './server-certificate.ts'
