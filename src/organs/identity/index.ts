export { FirstUser, FirstUserError } from './first-user.js';
export { IdentityModule } from './identity.module.js';
