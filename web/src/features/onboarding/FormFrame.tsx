import { ArrowLeft } from 'lucide-react'
import type { ReactNode } from 'react'
import { useT } from '../../lib/i18n'
import { goBack } from '../../lib/router'
import { Button } from '../../ui/Button'
import styles from './Form.module.css'
import { Frame } from './Frame'

interface FormFrameProps {
  title: string
  text: string
  children: ReactNode
}

/** A form of the entrance: the way back, what it is for, and the form. */
export function FormFrame({ title, text, children }: FormFrameProps) {
  const t = useT()
  return (
    <Frame>
      <Button
        look="quiet"
        size="small"
        className={styles.back}
        icon={<ArrowLeft size={16} aria-hidden />}
        onClick={goBack}
      >
        {t('app.back')}
      </Button>
      <div className={styles.head}>
        <h1 className={styles.title}>{title}</h1>
        <p className={styles.text}>{text}</p>
      </div>
      {children}
    </Frame>
  )
}
