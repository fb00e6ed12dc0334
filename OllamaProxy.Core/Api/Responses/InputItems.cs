using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Errors;
using OllamaProxy.Protocol;

namespace OllamaProxy.Api.Responses;

/// <summary>What was sent to get a response, as a list: https://platform.openai.com/docs/api-reference/responses/input-items</summary>
internal static class InputItems
{
    private const int DefaultLimit = 20;
    private const int MaxLimit = 100;

    /// <summary>A page of the items that were sent, newest first unless the query says otherwise.</summary>
    /// <exception cref="ProblemException">400: the query is no good.</exception>
    public static JsonObject ListOf(ResponseRecord record, IEnumerable<JsonNode> input, IQueryCollection query)
    {
        var items = input.Select((item, index) => Named(item, $"msg_{record.Prompt.Id:N}_{index}")).ToList();
        if (Order(query) == "desc")
            items.Reverse();
        if (query["after"].ToString() is { Length: > 0 } after)
        {
            var index = items.FindIndex(item => item["id"].Text() == after);
            if (index < 0)
                throw Problems.BadRequest($"There is no input item with the id '{after}'.");
            items.RemoveRange(0, index + 1);
        }
        var limit = Limit(query);
        var page = items.Take(limit).ToList();
        return new()
        {
            ["object"] = "list",
            ["data"] = new JsonArray([.. page]),
            ["first_id"] = page.Count > 0 ? page[0]["id"].Text() : null,
            ["last_id"] = page.Count > 0 ? page[^1]["id"].Text() : null,
            ["has_more"] = items.Count > limit,
        };
    }

    /// <summary>An item with what may be left out when it is sent: an id, and the type and the parts of a message.</summary>
    private static JsonObject Named(JsonNode sent, string id)
    {
        var item = sent is JsonObject fields ? (JsonObject)fields.DeepClone() : new() { ["value"] = sent.DeepClone() };
        if (item["id"] is null)
            item["id"] = id;
        if (item["type"] is null && item["role"] is not null)
            item["type"] = "message";
        if (item["content"].Text() is { } text)
            item["content"] = new JsonArray(new JsonObject
            {
                ["type"] = item["role"].Text() == "assistant" ? "output_text" : "input_text",
                ["text"] = text,
            });
        if (item["type"].Text() == "message" && item["status"] is null)
            item["status"] = "completed";
        return item;
    }

    private static string Order(IQueryCollection query) => query["order"].ToString() switch
    {
        "" or "desc" => "desc",
        "asc" => "asc",
        var order => throw Problems.BadRequest($"'order' must be 'asc' or 'desc', but is '{order}'."),
    };

    private static int Limit(IQueryCollection query)
    {
        if (query["limit"].ToString() is not { Length: > 0 } text)
            return DefaultLimit;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= MaxLimit
            ? limit : throw Problems.BadRequest($"'limit' must be a whole number from 1 to {MaxLimit}, but is '{text}'.");
    }
}
