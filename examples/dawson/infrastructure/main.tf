# One color. For the local stack: the built-in provider only; in production these are functions and gateways.

variable "verdigris_env" { type = string }
variable "verdigris_color" { type = string }
variable "verdigris_table" { type = string }
variable "verdigris_index_case" { type = string }

resource "terraform_data" "color" {
  input = {
    color = var.verdigris_color
    table = var.verdigris_table
    index = var.verdigris_index_case
  }
}

output "url" { value = "https://${var.verdigris_color}.api-${var.verdigris_env}.dawson.example.gov" }
output "index" { value = terraform_data.color.output.index }
