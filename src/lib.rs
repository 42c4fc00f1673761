pub mod clock;
pub mod domain;
pub mod entropy;
pub mod jose;
pub mod protocol;
pub mod vault;
