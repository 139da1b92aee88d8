export { AccessError, type AccessErrorCode } from './access-error.ts'
export { AccountBook, type AccessStore, type AccountWish } from './account-book.ts'
export { longestPassword } from './passwords.ts'
export { Seat } from './seat.ts'
