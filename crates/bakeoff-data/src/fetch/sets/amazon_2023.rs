//! Amazon reviews up to 2023, ratings alone, 5-core by category (Hou et al., arXiv 2403.03952). Times are in
//! milliseconds. Their publisher gives no checksums.

use crate::fetch::public_set::{PublicSet, Remote, Value};

macro_rules! set {
    ($name:literal, $category:literal) => {
        PublicSet {
            name: $name,
            about: concat!("Amazon ratings up to 2023, category ", $category, ", 5-core, times in ms (Hou et al., arXiv 2403.03952)."),
            licence: "none stated; the publisher asks for citation, research use",
            remotes: &[Remote {
                file: concat!($category, ".csv.gz"),
                urls: &[
                    concat!("https://mcauleylab.ucsd.edu/public_datasets/data/amazon_2023/benchmark/5core/rating_only/", $category, ".csv.gz"),
                    concat!("https://datarepo.eng.ucsd.edu/mcauley_group/data/amazon_2023/benchmark/5core/rating_only/", $category, ".csv.gz"),
                ],
                len: None,
                checksum: None,
                members: &[],
            }],
            source: "csv",
            params: &[
                ("interactions", Value::File(concat!($category, ".csv.gz"))),
                ("user", Value::Text("user_id")),
                ("item", Value::Text("parent_asin")),
                ("time_unit", Value::Text("milliseconds")),
            ],
        }
    };
}

pub(super) const SETS: &[PublicSet] = &[
    set!("amazon-2023-all-beauty", "All_Beauty"),
    set!("amazon-2023-amazon-fashion", "Amazon_Fashion"),
    set!("amazon-2023-appliances", "Appliances"),
    set!("amazon-2023-arts-crafts-and-sewing", "Arts_Crafts_and_Sewing"),
    set!("amazon-2023-automotive", "Automotive"),
    set!("amazon-2023-baby-products", "Baby_Products"),
    set!("amazon-2023-beauty-and-personal-care", "Beauty_and_Personal_Care"),
    set!("amazon-2023-books", "Books"),
    set!("amazon-2023-cds-and-vinyl", "CDs_and_Vinyl"),
    set!("amazon-2023-cell-phones-and-accessories", "Cell_Phones_and_Accessories"),
    set!("amazon-2023-clothing-shoes-and-jewelry", "Clothing_Shoes_and_Jewelry"),
    set!("amazon-2023-digital-music", "Digital_Music"),
    set!("amazon-2023-electronics", "Electronics"),
    set!("amazon-2023-gift-cards", "Gift_Cards"),
    set!("amazon-2023-grocery-and-gourmet-food", "Grocery_and_Gourmet_Food"),
    set!("amazon-2023-handmade-products", "Handmade_Products"),
    set!("amazon-2023-health-and-household", "Health_and_Household"),
    set!("amazon-2023-health-and-personal-care", "Health_and_Personal_Care"),
    set!("amazon-2023-home-and-kitchen", "Home_and_Kitchen"),
    set!("amazon-2023-industrial-and-scientific", "Industrial_and_Scientific"),
    set!("amazon-2023-kindle-store", "Kindle_Store"),
    set!("amazon-2023-magazine-subscriptions", "Magazine_Subscriptions"),
    set!("amazon-2023-movies-and-tv", "Movies_and_TV"),
    set!("amazon-2023-musical-instruments", "Musical_Instruments"),
    set!("amazon-2023-office-products", "Office_Products"),
    set!("amazon-2023-patio-lawn-and-garden", "Patio_Lawn_and_Garden"),
    set!("amazon-2023-pet-supplies", "Pet_Supplies"),
    set!("amazon-2023-software", "Software"),
    set!("amazon-2023-sports-and-outdoors", "Sports_and_Outdoors"),
    set!("amazon-2023-subscription-boxes", "Subscription_Boxes"),
    set!("amazon-2023-tools-and-home-improvement", "Tools_and_Home_Improvement"),
    set!("amazon-2023-toys-and-games", "Toys_and_Games"),
    set!("amazon-2023-video-games", "Video_Games"),
];
