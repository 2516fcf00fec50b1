/** What this client calls itself towards brokers (KIP-511). */
export const SOFTWARE_NAME = 'ottla'
export const SOFTWARE_VERSION = '0.1.0'
