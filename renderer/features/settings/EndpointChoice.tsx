import type { EndpointView } from '../../../shared/protocol/methods.ts'
import { t } from '../../ui/index.ts'

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
          className={`option${index === chosen ? ' chosen' : ''}${endpoint.supported ? '' : ' unusable'}`}
        >
          <input
            type="radio"
            name="endpoint"
            disabled={!endpoint.supported}
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
              {!endpoint.supported && <span className="muted">{t('settings.unusable')}</span>}
            </span>
            <span className="option-words">
              {t('settings.tokens', { tokens: endpoint.tokens.join(', ') })} {endpoint.remark ?? ''}
            </span>
            <span className="option-words selectable">{endpoint.endpointUrl}</span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}
