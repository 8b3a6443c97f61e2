import { Search, X } from 'lucide-react'
import { useT } from '../../lib/i18n'
import { IconButton } from '../../ui/IconButton'
import styles from './ChatList.module.css'

interface SearchFieldProps {
  label: string
  value: string
  onChange: (value: string) => void
}

/** Narrows the list. Escape empties it. */
export function SearchField({ label, value, onChange }: SearchFieldProps) {
  const t = useT()
  return (
    <search className={styles.search}>
      <Search size={17} aria-hidden />
      <input
        type="search"
        dir="auto"
        aria-label={label}
        placeholder={label}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && value !== '') {
            event.stopPropagation()
            onChange('')
          }
        }}
      />
      {value && (
        <IconButton
          small
          label={t('chats.search.clear')}
          icon={<X size={16} aria-hidden />}
          onClick={() => onChange('')}
        />
      )}
    </search>
  )
}
