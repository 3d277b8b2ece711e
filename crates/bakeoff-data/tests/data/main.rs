//! The data room from outside: sources as a user writes them, cleaning and splits by property, the cache, real data.

mod audit;
mod cache;
mod card;
mod errors;
mod properties;
mod real_data;
mod recipes;
mod sources;
