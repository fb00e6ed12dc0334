using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Responses;

/// <summary>What the tests of responses have in common.</summary>
internal static class ResponseRig
{
    public static object Background(string input, bool stream = false) => new { model = "tiny", input, background = true, stream };

    /// <summary>Sends a call, which must succeed, and returns the response.</summary>
    public static async Task<JsonElement> CreateAsync(HttpClient client, object call)
    {
        using var answer = await client.PostAsJsonAsync("/v1/responses", call);
        var response = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(answer.IsSuccessStatusCode, response.ToString());
        return response;
    }

    /// <summary>The response with an id once it is neither queued nor in progress.</summary>
    public static async Task<JsonElement> WhenEndedAsync(HttpClient client, string id) => (JsonElement)await Eventually.NotNull<object>(
        async () => await client.GetFromJsonAsync<JsonElement>($"/v1/responses/{id}") is var response
            && StatusOf(response) is not ("queued" or "in_progress") ? response : null, $"{id} to end");

    /// <summary>Opens the events of a response.</summary>
    public static Task<EventReader> FollowAsync(HttpClient client, string id, long? after = null) => EventReader.OpenAsync(client,
        new HttpRequestMessage(HttpMethod.Get, $"/v1/responses/{id}?stream=true{(after is { } n ? $"&starting_after={n}" : "")}"));

    /// <summary>The events of a stream up to its end.</summary>
    public static async Task<List<JsonElement>> RestAsync(EventReader reader)
    {
        var events = new List<JsonElement>();
        while (await reader.NextAsync() is { } next)
            events.Add(DataOf(next));
        return events;
    }

    public static JsonElement DataOf(SseItem<string> item)
    {
        var data = JsonDocument.Parse(item.Data).RootElement;
        Assert.Equal(item.EventType, data.GetProperty("type").GetString());
        return data;
    }

    public static string IdOf(JsonElement response) => response.GetProperty("id").GetString()!;

    public static string StatusOf(JsonElement response) => response.GetProperty("status").GetString()!;

    public static string TypeOf(JsonElement data) => data.GetProperty("type").GetString()!;

    public static int NumberOf(JsonElement data) => data.GetProperty("sequence_number").GetInt32();

    /// <summary>The text of a response.</summary>
    public static string TextOf(JsonElement response) => string.Concat(
        from item in response.GetProperty("output").EnumerateArray()
        where item.GetProperty("type").GetString() == "message"
        from part in item.GetProperty("content").EnumerateArray()
        select part.GetProperty("text").GetString());
}
