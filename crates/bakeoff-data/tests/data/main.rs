//! The data room from outside: sources as a user writes them, cleaning and splits by property, the cache, real data.

mod cache;
mod divided;
mod errors;
mod movielens;
mod postgres;
mod properties;
mod readers;
mod real_data;
mod recipes;
mod sources;
mod sql;
mod tables;
