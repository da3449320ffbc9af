//! Which failure an error of a lower room is, so that whoever asks that room says `?`.

use crate::endpoints::backchannel_logout_error::BackchannelLogoutError;
use crate::endpoints::denial::Denial;
use crate::endpoints::failure::Failure;
use crate::endpoints::login_failure::LoginFailure;
use crate::endpoints::login_limit::TooManyLogins;
use crate::judge::JudgeError;
use crate::oidc::attempts::AttemptsError;
use crate::oidc::replay::ReplayError;
use crate::seal::RandomError;
use crate::seal::SealError;
use crate::session::end_error::EndError;
use crate::session::store::StoreError;

impl From<LoginFailure> for Failure {
    fn from(login: LoginFailure) -> Self {
        Self::Login(Box::new(login))
    }
}

impl From<BackchannelLogoutError> for Failure {
    fn from(error: BackchannelLogoutError) -> Self {
        Self::BackchannelLogout(Box::new(error))
    }
}

impl From<Denial> for Failure {
    fn from(denial: Denial) -> Self {
        Self::Denied(Box::new(denial))
    }
}

impl From<TooManyLogins> for Failure {
    fn from(cause: TooManyLogins) -> Self {
        Self::TooManyLogins(cause)
    }
}

impl From<StoreError> for Failure {
    fn from(cause: StoreError) -> Self {
        Self::StoreUnavailable(Box::new(cause))
    }
}

impl From<AttemptsError> for Failure {
    fn from(cause: AttemptsError) -> Self {
        Self::StoreUnavailable(Box::new(cause))
    }
}

impl From<ReplayError> for Failure {
    fn from(cause: ReplayError) -> Self {
        Self::StoreUnavailable(Box::new(cause))
    }
}

impl From<EndError> for Failure {
    fn from(cause: EndError) -> Self {
        match cause {
            EndError::Store(cause) => cause.into(),
            EndError::Seal(_) => Self::Internal("the names of sessions could not be made"),
        }
    }
}

impl From<JudgeError> for Failure {
    fn from(cause: JudgeError) -> Self {
        match cause {
            JudgeError::Store(cause) => cause.into(),
            JudgeError::Identity(cause) => Self::Identity(Box::new(cause)),
        }
    }
}

impl From<SealError> for Failure {
    fn from(_cause: SealError) -> Self {
        Self::Internal("a cookie could not be sealed")
    }
}

impl From<RandomError> for Failure {
    fn from(_cause: RandomError) -> Self {
        Self::Internal("the system gave no random bytes")
    }
}
