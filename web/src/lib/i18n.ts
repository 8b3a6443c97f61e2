import { type Catalogue, en, type Key } from '../locales/en'
import { fr } from '../locales/fr'
import { Store, useStore } from './store'

export type Locale = 'en' | 'fr'

/** Every language, by its own name. */
export const LOCALES: readonly { value: Locale; label: string }[] = [
  { value: 'en', label: 'English' },
  { value: 'fr', label: 'Français' },
]

/** A message is a sentence with `{holes}`, or one per plural form, chosen by `count`. */
export type Message = string | { readonly one: string; readonly other: string }

type Holes<S> = S extends `${string}{${infer Hole}}${infer Rest}` ? Hole | Holes<Rest> : never
type HolesOf<M> = M extends { readonly one: infer One; readonly other: infer Other }
  ? Holes<One> | Holes<Other> | 'count'
  : Holes<M>
type Params<K extends Key> = [HolesOf<(typeof en)[K]>] extends [never]
  ? []
  : [params: Record<HolesOf<(typeof en)[K]>, string | number>]

/** Says a message of the catalogue in one language. */
export type Translate = <K extends Key>(key: K, ...params: Params<K>) => string

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/u

/** A name in a sentence of the other direction must not turn the sentence around. */
function isolated(text: string): string {
  return RIGHT_TO_LEFT.test(text) ? `\u2068${text}\u2069` : text
}

export function translator(locale: Locale): Translate {
  const catalogue: Catalogue = locale === 'fr' ? fr : en
  const plurals = new Intl.PluralRules(locale)
  const numbers = new Intl.NumberFormat(locale)
  return (key, ...rest) => {
    const params = (rest[0] ?? {}) as Record<string, string | number>
    const message: Message = catalogue[key]
    const form = plurals.select(Number(params.count)) === 'one' ? 'one' : 'other'
    const pattern = typeof message === 'string' ? message : message[form]
    return pattern.replace(/\{(\w+)\}/g, (_, hole: string) => {
      const value = params[hole] ?? ''
      return typeof value === 'number' ? numbers.format(value) : isolated(value)
    })
  }
}

const STORED = 'asterism.locale'

function isLocale(value: string | null | undefined): value is Locale {
  return LOCALES.some((locale) => locale.value === value)
}

/** What the person chose on this device, else the first language of the browser that there is. */
function preferred(): Locale {
  const chosen = localStorage.getItem(STORED)
  if (isLocale(chosen)) return chosen
  return navigator.languages.map((tag) => tag.slice(0, 2)).find(isLocale) ?? 'en'
}

export interface Language {
  locale: Locale
  /** The same language as the browser's region writes dates and numbers. */
  tag: string
  t: Translate
}

function load(locale: Locale): Language {
  document.documentElement.lang = locale
  const tag = navigator.languages.find((own) => own.slice(0, 2) === locale) ?? locale
  return { locale, tag, t: translator(locale) }
}

const language = new Store<Language>(load(preferred()))

export function setLocale(locale: Locale): void {
  localStorage.setItem(STORED, locale)
  language.set(load(locale))
}

export function useLanguage(): Language {
  return useStore(language)
}

export function useT(): Translate {
  return useLanguage().t
}
