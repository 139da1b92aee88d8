import type { EndpointView } from '../../../shared/protocol/methods.ts'
import { t, tMaybe } from '../../ui/index.ts'
import { isUsable } from './endpoint-choice.ts'

interface EndpointChoiceProps {
  endpoints: readonly EndpointView[]
  chosen: number | null
  onChoose: (index: number) => void
}

/** What the server offers, strongest first. What is insecure says so before it is chosen. */
export function EndpointChoice({ endpoints, chosen, onChoose }: EndpointChoiceProps) {
  return (
    <fieldset className="options">
      <legend className="visually-hidden">{t('settings.stepSecurity')}</legend>
      {endpoints.map((endpoint, index) => (
        <label
          key={`${endpoint.endpointUrl} ${endpoint.mode} ${endpoint.policy}`}
          className={`option${index === chosen ? ' chosen' : ''}${isUsable(endpoint) ? '' : ' unusable'}`}
        >
          <input
            type="radio"
            name="endpoint"
            disabled={!isUsable(endpoint)}
            checked={index === chosen}
            onChange={() => onChoose(index)}
          />
          <span>
            <span className="option-title">
              <strong>{t(`settings.mode.${endpoint.mode}`)}</strong>
              {endpoint.mode === 'None' ? (
                <span className="insecure">{t('settings.insecure')}</span>
              ) : (
                <span>{endpoint.policy}</span>
              )}
              {endpoint.needsException === true && <span className="insecure">{t('exception.needed')}</span>}
              {!isUsable(endpoint) && <span className="muted">{t('settings.unusable')}</span>}
            </span>
            <span className="option-words">
              {t('settings.tokens', { tokens: tokenWords(endpoint.tokens) })} {endpoint.remark ?? ''}
            </span>
            <span className="option-words selectable">{endpoint.endpointUrl}</span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}

/** In one order whatever the server's is. */
function tokenWords(tokens: readonly string[]): string {
  const order = ['anonymous', 'userName', 'x509', 'issued']
  return tokens
    .toSorted((a, b) => order.indexOf(a) - order.indexOf(b))
    .map((token) => tMaybe(`settings.userType.${token}`, token))
    .join(', ')
}
