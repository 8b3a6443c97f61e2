import { Copy } from 'lucide-react'
import encodeQR from 'qr'
import { useMemo } from 'react'
import { useT } from '../../lib/i18n'
import { Button } from '../../ui/Button'
import { Qr } from '../../ui/Qr'
import { useCopy } from '../../ui/useCopy'
import styles from './Invite.module.css'

/** Without the library's own border of one module: the picture brings the quiet zone. */
function modulesOf(text: string): boolean[][] {
  const framed = encodeQR(text, 'raw', { ecc: 'medium', border: 1 })
  return framed.slice(1, -1).map((row) => row.slice(1, -1))
}

interface MadeInviteProps {
  link: string
  onAnother?: () => void
}

/** A link, to copy or to let somebody scan. */
export function MadeInvite({ link, onAnother }: MadeInviteProps) {
  const t = useT()
  const copy = useCopy()
  const modules = useMemo(() => modulesOf(link), [link])
  return (
    <div className={styles.made}>
      <Qr modules={modules} label={t('invite.qr')} />
      <p className={styles.link} translate="no" dir="ltr">
        {link}
      </p>
      <p className={styles.note}>{t('invite.secret')}</p>
      <Button
        look="primary"
        wide
        icon={<Copy size={17} aria-hidden />}
        onClick={() => copy(link, t('invite.copied'))}
      >
        {t('invite.copy')}
      </Button>
      {onAnother && (
        <Button look="quiet" onClick={onAnother}>
          {t('invite.another')}
        </Button>
      )}
    </div>
  )
}
