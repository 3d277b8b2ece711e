//! The data room from outside: sources as a user writes them, cleaning and splits by property, the cache, real data.

mod audit;
mod bad_input;
mod cache;
mod card;
mod cleaning;
mod divided;
mod errors;
mod fixture;
mod leaks;
mod media;
mod movielens;
mod mutate;
mod postgres;
mod privacy;
mod properties;
mod readers;
mod real_data;
mod recipes;
mod samples;
mod sources;
mod splits;
mod sql;
mod synthetic;
mod tables;
mod threads;
mod values;
