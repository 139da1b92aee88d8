import { codeOf, messageOf } from './destination.ts'

const byCode: Record<string, string> = {
  ECONNREFUSED: 'refuses the connection; is the broker running, and is the port right?',
  ECONNRESET: 'closed the connection; is a proxy or firewall in between?',
  EPIPE: 'closed the connection; is a proxy or firewall in between?',
  ENOTFOUND: 'is not a name the network knows; check the address and the DNS.',
  EAI_AGAIN: 'cannot be looked up now; check the network and the DNS.',
  ETIMEDOUT: 'does not answer; check the network and the firewall.',
  EHOSTUNREACH: 'cannot be reached; check the network.',
  ENETUNREACH: 'cannot be reached; check the network.',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'shows a self-signed certificate; install the certificate of its authority on this machine.',
  SELF_SIGNED_CERT_IN_CHAIN: 'shows a certificate of an unknown authority; install that certificate on this machine.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'shows a certificate of an unknown authority; install that certificate on this machine.',
  CERT_HAS_EXPIRED: 'shows a certificate that has expired; renew it on the broker.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'shows a certificate for another name; use the name that stands in it.',
  EPROTO: 'does not speak TLS on this port; use mqtt:// or the TLS port.',
  // CONNACK and PUBACK reason codes of MQTT 5, table 2-6.
  '4': 'refuses the user name or password; check the secret.',
  '5': 'does not authorise this client; allow it on the broker.',
  '128': 'refuses without saying why; look into its log.',
  '129': 'could not read the packet; look into its log.',
  '132': 'does not speak MQTT 5; use a broker that does.',
  '133': 'refuses the client id; allow it on the broker.',
  '134': 'refuses the user name or password; check the secret.',
  '135': 'does not authorise this client; allow it on the broker.',
  '136': 'is not available now.',
  '137': 'is too busy now.',
  '138': 'has banned this client; lift the ban on the broker.',
  '139': 'is shutting down.',
  '142': 'gave the session to another client of the same id; is a second engine running with a copy of this twin?',
  '144': 'refuses the topic; choose another one.',
  '151': 'has a quota that is used up; raise it on the broker.',
}

/** Of a broker at `where`: what failed and what to do, in one sentence. */
export function mqttWords(error: unknown, where: string): string {
  const inner = error instanceof AggregateError ? error.errors[0] : error
  const words = byCode[codeOf(inner)]
  if (words !== undefined) return `The broker at ${where} ${words}`
  const text = messageOf(inner)
  if (/timeout/i.test(text)) return `The broker at ${where} does not answer; check the network and the firewall.`
  if (/closed/i.test(text)) return `The connection to the broker at ${where} was cut.`
  return `The broker at ${where} could not be used: ${text}.`
}
