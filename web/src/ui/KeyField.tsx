import { CircleCheck } from 'lucide-react'
import { useEffect, useState } from 'react'
import { type Translate, useT } from '../lib/i18n'
import { checkKey, type KeyCheck } from '../lib/recoveryKey'
import styles from './KeyField.module.css'
import { TextArea } from './TextField'

interface KeyFieldProps {
  value: string
  onChange: (typed: string, complete: boolean) => void
}

/** Where a recovery key is typed or pasted; says at once where it cannot be right. */
export function KeyField({ value, onChange }: KeyFieldProps) {
  const t = useT()
  const [check, setCheck] = useState<KeyCheck>({ state: 'empty' })

  useEffect(() => {
    let current = true
    void checkKey(value).then((result) => {
      if (!current) return
      setCheck(result)
      onChange(value, result.state === 'complete')
    })
    return () => {
      current = false
    }
  }, [value, onChange])

  return (
    <TextArea
      label={t('recover.key')}
      mono
      rows={3}
      value={value}
      note={<Note check={check} />}
      error={errorOf(t, check)}
      autoCapitalize="none"
      autoComplete="off"
      spellCheck={false}
      onChange={(event) => onChange(event.target.value, false)}
    />
  )
}

function errorOf(t: Translate, check: KeyCheck): string | null {
  if (check.state === 'wrong-character') return t('recover.wrong', { character: check.character })
  if (check.state === 'long') return t('recover.long')
  if (check.state === 'wrong-checksum') return t('recover.checksum')
  return null
}

function Note({ check }: { check: KeyCheck }) {
  const t = useT()
  if (check.state === 'short') return <span>{t('recover.missing', { count: check.missing })}</span>
  if (check.state === 'complete') {
    return (
      <span role="status" className={styles.good}>
        <CircleCheck size={15} aria-hidden />
        {t('recover.complete')}
      </span>
    )
  }
  return <span>{t('recover.key.note')}</span>
}
