//! Amazon reviews up to 2018, 5-core by category, as JSON lines (Ni, Li and `McAuley`, EMNLP 2019). They have moved from
//! host to host; their publisher gives no checksums.

use crate::fetch::public_set::{PublicSet, Remote, Value};

macro_rules! set {
    ($name:literal, $category:literal) => {
        PublicSet {
            name: $name,
            about: concat!("Amazon reviews up to 2018, category ", $category, ", 5-core (Ni, Li and McAuley, EMNLP 2019)."),
            licence: "none stated; the publisher asks for citation, research use",
            remotes: &[Remote {
                file: concat!($category, "_5.json.gz"),
                urls: &[
                    concat!("https://mcauleylab.ucsd.edu/public_datasets/data/amazon_v2/categoryFilesSmall/", $category, "_5.json.gz"),
                    concat!("https://datarepo.eng.ucsd.edu/mcauley_group/data/amazon_v2/categoryFilesSmall/", $category, "_5.json.gz"),
                    concat!("https://jmcauley.ucsd.edu/data/amazon_v2/categoryFilesSmall/", $category, "_5.json.gz"),
                ],
                len: None,
                checksum: None,
                members: &[],
            }],
            source: "json_lines",
            params: &[
                ("path", Value::File(concat!($category, "_5.json.gz"))),
                ("user", Value::Text("reviewerID")),
                ("item", Value::Text("asin")),
                ("rating", Value::Text("overall")),
                ("timestamp", Value::Text("unixReviewTime")),
            ],
        }
    };
}

pub(super) const SETS: &[PublicSet] = &[
    set!("amazon-2018-amazon-fashion", "AMAZON_FASHION"),
    set!("amazon-2018-all-beauty", "All_Beauty"),
    set!("amazon-2018-appliances", "Appliances"),
    set!("amazon-2018-arts-crafts-and-sewing", "Arts_Crafts_and_Sewing"),
    set!("amazon-2018-automotive", "Automotive"),
    set!("amazon-2018-books", "Books"),
    set!("amazon-2018-cds-and-vinyl", "CDs_and_Vinyl"),
    set!("amazon-2018-cell-phones-and-accessories", "Cell_Phones_and_Accessories"),
    set!("amazon-2018-clothing-shoes-and-jewelry", "Clothing_Shoes_and_Jewelry"),
    set!("amazon-2018-digital-music", "Digital_Music"),
    set!("amazon-2018-electronics", "Electronics"),
    set!("amazon-2018-gift-cards", "Gift_Cards"),
    set!("amazon-2018-grocery-and-gourmet-food", "Grocery_and_Gourmet_Food"),
    set!("amazon-2018-home-and-kitchen", "Home_and_Kitchen"),
    set!("amazon-2018-industrial-and-scientific", "Industrial_and_Scientific"),
    set!("amazon-2018-kindle-store", "Kindle_Store"),
    set!("amazon-2018-luxury-beauty", "Luxury_Beauty"),
    set!("amazon-2018-magazine-subscriptions", "Magazine_Subscriptions"),
    set!("amazon-2018-movies-and-tv", "Movies_and_TV"),
    set!("amazon-2018-musical-instruments", "Musical_Instruments"),
    set!("amazon-2018-office-products", "Office_Products"),
    set!("amazon-2018-patio-lawn-and-garden", "Patio_Lawn_and_Garden"),
    set!("amazon-2018-pet-supplies", "Pet_Supplies"),
    set!("amazon-2018-prime-pantry", "Prime_Pantry"),
    set!("amazon-2018-software", "Software"),
    set!("amazon-2018-sports-and-outdoors", "Sports_and_Outdoors"),
    set!("amazon-2018-tools-and-home-improvement", "Tools_and_Home_Improvement"),
    set!("amazon-2018-toys-and-games", "Toys_and_Games"),
    set!("amazon-2018-video-games", "Video_Games"),
];
