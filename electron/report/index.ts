export { auditHtml } from './audit-html.ts'
export { auditText } from './audit-text.ts'
export { alertHtml } from './alert-html.ts'
