import { useConnection } from '../../stores/connection.ts'
import { navigate } from '../../stores/router.ts'
import { Button, t } from '../../ui/index.ts'
import { Page, Panel } from '../../ui/Page.tsx'
import './first-run.css'

/** What to begin with, shown while the plant file names no server. */
export function FirstRunPage() {
  const facts = useConnection((state) => state.facts)
  const isInstalled = facts?.packaged === true
  return (
    <Page title={t('firstRun.title')} subtitle={t('firstRun.subtitle')}>
      <div className="first-run">
        <Panel title={t('firstRun.connect')}>
          <p>{t('firstRun.connectWhat')}</p>
          <Button kind="primary" autoFocus onClick={() => navigate({ page: 'settings', section: 'add' })}>
            {t('firstRun.connectDo')}
          </Button>
        </Panel>
        <Panel title={t('firstRun.simulated')}>
          <p>{t('firstRun.simulatedWhat')}</p>
          <p className="first-run-how">{t('firstRun.simulatedHow')}</p>
          <pre className="selectable">
            {t(isInstalled ? 'firstRun.simulatedInstalled' : 'firstRun.simulatedCommand')}
          </pre>
        </Panel>
        <Panel title={t('firstRun.open')}>
          <p>{t('firstRun.openWhat')}</p>
          <p className="first-run-how">{t('firstRun.openHow')}</p>
          <pre className="selectable">{t(isInstalled ? 'firstRun.openInstalled' : 'firstRun.openCommand')}</pre>
        </Panel>
      </div>
      {facts && <p className="small muted first-run-file">{t('firstRun.file', { file: facts.plantFile })}</p>}
    </Page>
  )
}
