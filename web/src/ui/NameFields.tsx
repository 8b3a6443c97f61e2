import { type FormEvent, useState } from 'react'
import { useT } from '../lib/i18n'
import { charCount, DESCRIPTION_CHARS_MAX, NAME_CHARS_MAX } from '../lib/limits'
import { TextArea, TextField } from './TextField'

/** Below so many characters the rest is counted down. */
const COUNT_FROM = 200

export interface NameFieldsState {
  typed: { name: string; description: string }
  set: (change: Partial<{ name: string; description: string }>) => void
  /** Without what stands around them. */
  name: string
  description: string
  nameWrong: boolean
  /** How many characters of description are left. */
  left: number
  /** Whether to say what is wrong with the name. */
  checked: boolean
  /** Takes the submission of the form: acts if they fit, else says what is wrong. */
  submit: (event: FormEvent, act: () => void) => void
}

/** A name and a description, as groups and communities have them. */
export function useNameFields(before: { name: string; description: string }): NameFieldsState {
  const [typed, setTyped] = useState(before)
  // What is new is unnamed until somebody names it, and nobody has done anything wrong yet.
  const [checked, setChecked] = useState(before.name !== '')
  const name = typed.name.trim()
  const nameWrong = name === '' || charCount(name) > NAME_CHARS_MAX
  const left = DESCRIPTION_CHARS_MAX - charCount(typed.description)
  return {
    typed,
    set: (change) => setTyped((old) => ({ ...old, ...change })),
    name,
    description: typed.description.trim(),
    nameWrong,
    left,
    checked,
    submit(event, act) {
      event.preventDefault()
      setChecked(true)
      if (!nameWrong && left >= 0) act()
    },
  }
}

interface NameFieldsProps {
  fields: NameFieldsState
  rows?: number
  descriptionNote?: string
}

export function NameFields({ fields, rows = 2, descriptionNote }: NameFieldsProps) {
  const t = useT()
  const { typed, set, nameWrong, left, checked } = fields
  return (
    <>
      <TextField
        label={t('group.name')}
        error={checked && nameWrong ? t('error.invalid_name') : null}
        value={typed.name}
        onChange={(event) => set({ name: event.target.value })}
      />
      <TextArea
        label={t('group.description')}
        note={left < COUNT_FROM ? t('edit.left', { count: left }) : (descriptionNote ?? t('group.optional'))}
        error={left < 0 ? t('edit.over', { count: -left }) : null}
        rows={rows}
        value={typed.description}
        onChange={(event) => set({ description: event.target.value })}
      />
    </>
  )
}
