import { useState, type ChangeEvent } from 'react'
import type { TemplatesView } from '../../../../shared/protocol/config.ts'
import { bridge } from '../../../bridge/bridge.ts'
import { useMay } from '../../../stores/access.ts'
import { useFeed } from '../../../stores/feeds.ts'
import { navigate } from '../../../stores/router.ts'
import { toast } from '../../../stores/toasts.ts'
import { failureOf, useCall } from '../../../stores/topic.ts'
import { Button, Empty, ErrorPane, Skeleton, t, tMaybe } from '../../../ui/index.ts'
import { Page, Panel } from '../../../ui/Page.tsx'
import { Upgrade } from './Upgrade.tsx'
import '../assets.css'

/** Newer templates, and machine by machine what they would change. */
export function TemplatesPage() {
  const hash = useFeed((feeds) => feeds.plant?.configHash ?? null)
  // A decision is a revision, and so is another window's edit: asked for again with each, under whatever dialog is open.
  const { value, failure, again } = useCall('template.list', {}, undefined, hash)
  return (
    <Page
      title={t('assets.templates.title')}
      subtitle={t('assets.templates.subtitle')}
      tools={
        <>
          <Offer onOffered={again} />
          <Button onClick={() => navigate({ page: 'assets' })}>{t('assets.open')}</Button>
        </>
      }
    >
      {failure && <ErrorPane title={t('assets.templates.failed')} failure={failure} onRetry={again} />}
      {!failure && value === null && <Skeleton rows={6} />}
      {value && <Lists view={value} onDone={again} />}
    </Page>
  )
}

function Lists({ view, onDone }: { view: TemplatesView; onDone: () => void }) {
  const assets = useFeed((feeds) => feeds.plant?.plant.assets ?? [])
  const machines = (templateId: string): number => assets.filter(({ templateRef }) => templateRef === templateId).length
  return (
    <div className="stack">
      {view.upgrades.length === 0 && <Empty title={t('assets.templates.none')} next={t('assets.templates.noneNext')} />}
      {view.upgrades.map((upgrade) => (
        <Upgrade key={upgrade.template.id} upgrade={upgrade} onDone={onDone} />
      ))}
      <Panel title={t('assets.templates.all')}>
        <table className="data-table">
          <thead>
            <tr>
              <th scope="col">{t('assets.templates.col.template')}</th>
              <th scope="col">{t('machine.col.family')}</th>
              <th scope="col" className="number">
                {t('assets.templates.col.version')}
              </th>
              <th scope="col" className="number">
                {t('assets.templates.col.machines')}
              </th>
              <th scope="col">{t('assets.templates.col.about')}</th>
            </tr>
          </thead>
          <tbody>
            {view.templates.map(({ id, name, family, version, description }) => (
              <tr key={id}>
                <th scope="row">{name}</th>
                <td>{tMaybe(`machine.family.${family}`, family)}</td>
                <td className="number">{version}</td>
                <td className="number">{machines(id)}</td>
                <td className="small">{description}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Panel>
    </div>
  )
}

/** A template file that somebody has: its proposals appear above. */
function Offer({ onOffered }: { onOffered: () => void }) {
  const may = useMay('config.edit')
  const [isBusy, setIsBusy] = useState(false)
  const offer = async (event: ChangeEvent<HTMLInputElement>): Promise<void> => {
    const [file] = event.target.files ?? []
    // The same file may be chosen again after it was mended.
    event.target.value = ''
    if (!file) return
    setIsBusy(true)
    try {
      const { machines, version } = await bridge.call('template.offer', { text: await file.text() })
      toast('done', t('assets.templates.offered', { version, count: machines }))
      onOffered()
    } catch (error) {
      toast('failed', failureOf(error).message)
    }
    setIsBusy(false)
  }
  return (
    <label className={`button button-plain file-button${may ? '' : ' disabled'}`}>
      {t('assets.templates.offer')}
      <input
        type="file"
        className="visually-hidden"
        accept=".json,application/json"
        disabled={!may || isBusy}
        onChange={(event) => void offer(event)}
      />
    </label>
  )
}
