import type { AuditException } from '../../../shared/domain/audit.ts'
import { t } from '../../ui/index.ts'
import { Panel } from '../../ui/Page.tsx'

/** Who answers for tags below the gate, and until when; one that has ended counts for nothing and stays to be seen. */
export function Exceptions({ exceptions }: { exceptions: readonly AuditException[] }) {
  if (exceptions.length === 0) return null
  return (
    <Panel title={t('dataQuality.exceptions')} className="quality-exceptions">
      <div className="table-scroll">
        <table className="data-table">
          <thead>
            <tr>
              <th scope="col">{t('dataQuality.col.scope')}</th>
              <th scope="col">{t('dataQuality.col.owner')}</th>
              <th scope="col">{t('dataQuality.col.until')}</th>
              <th scope="col">{t('dataQuality.col.state')}</th>
              <th scope="col" className="number">
                {t('dataQuality.col.covers')}
              </th>
              <th scope="col">{t('dataQuality.col.reason')}</th>
            </tr>
          </thead>
          <tbody>
            {exceptions.map(({ scope, owner, until, state, covers, reason }) => (
              <tr key={`${scope}${until}`} className={state === 'expired' ? 'quality-expired' : ''}>
                <td>
                  <code>{scope}</code>
                </td>
                <td>{owner}</td>
                <td>{until}</td>
                <td>{t(`dataQuality.exceptionState.${state}`)}</td>
                <td className="number">{covers.length}</td>
                <td>{reason}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}
