import type { Same } from '../en'
import type { settings as en } from '../en/settings'

export const settings: Same<typeof en> = {
  'settings.title': 'Réglages',
  'settings.profile': 'Profil',
  'settings.appearance': 'Langue et apparence',
  'settings.devices': 'Appareils',
  'settings.recovery': 'Clé de secours',
  'settings.keyboard': 'Clavier',
  'settings.about': 'À propos',

  'profile.text':
    'Les membres de vos groupes voient votre nom. C’est par votre identifiant qu’on vous trouve.',
  'profile.name': 'Nom',
  'profile.handle': 'Identifiant',
  'profile.server': 'Serveur',
  'profile.copy': 'Copier votre identifiant',

  'appearance.language': 'Langue',
  'appearance.theme': 'Apparence',
  'appearance.system': 'Comme le système',
  'appearance.light': 'Claire',
  'appearance.dark': 'Sombre',

  'devices.text': 'Tous les appareils de votre compte se valent : il n’y a pas de téléphone principal.',
  'devices.this': 'Cet appareil',
  'devices.number': 'Appareil {number}',
  'devices.added': 'Ajouté le {date}',
  'devices.seen': 'dernière utilisation {when}',
  'devices.unseen': 'pas encore utilisé',
  'devices.now': 'utilisé en ce moment',

  'recovery.text':
    'Votre clé de secours s’est affichée une fois, à la création de votre compte. C’est le seul moyen de revenir si vous perdez tous vos appareils.',
  'recovery.tip.where': 'Assurez-vous de savoir encore où elle se trouve.',
  'recovery.tip.never': 'Personne ne vous la demandera jamais : ni un admin, ni qui gère le serveur.',
  'recovery.test': 'Vérifier votre clé',
  'recovery.test.text':
    'Tapez-la ici pour voir si elle est sans faute de frappe. Elle n’est envoyée nulle part.',

  'about.version': 'Version',
  'about.text':
    'Asterism est un logiciel libre : une messagerie pour les communautés, chiffrée de bout en bout.',
  'about.account': 'Compte',
  'about.device': 'Appareil',
  'about.copy': 'Copier l’identifiant du compte',
}
