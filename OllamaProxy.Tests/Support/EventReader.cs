using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;

namespace OllamaProxy.Tests.Support;

/// <summary>A client of a stream of server-sent events, with .NET's own parser.</summary>
internal sealed class EventReader : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpResponseMessage _response;
    private readonly IAsyncEnumerator<SseItem<string>> _events;

    private EventReader(HttpResponseMessage response, Stream stream) =>
        (_response, _events) = (response, SseParser.Create(stream).EnumerateAsync().GetAsyncEnumerator());

    public HttpResponseMessage Response => _response;

    /// <summary>Opens the stream of a prompt.</summary>
    /// <param name="client">The client.</param>
    /// <param name="id">The prompt's id.</param>
    /// <param name="lastEventId">Where it goes on; null: from the start.</param>
    public static Task<EventReader> OpenAsync(HttpClient client, string id, string? lastEventId = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/prompt/{id}/stream");
        if (lastEventId is not null)
            request.Headers.Add("Last-Event-ID", lastEventId);
        return OpenAsync(client, request);
    }

    /// <summary>Opens a stream, which must be there.</summary>
    public static async Task<EventReader> OpenAsync(HttpClient client, HttpRequestMessage request)
    {
        using (request)
        {
            var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
            return new(response, await response.Content.ReadAsStreamAsync());
        }
    }

    /// <summary>The next event; null at the end.</summary>
    public async Task<SseItem<string>?> NextAsync() => await _events.MoveNextAsync().AsTask().WaitAsync(Patience) ? _events.Current : null;

    /// <summary>The data of the next event of a type, for which a condition holds; others are passed over.</summary>
    public async Task<JsonElement> UntilAsync(string type, Func<JsonElement, bool>? condition = null)
    {
        while (await NextAsync() is { } next)
            if (next.EventType == type && DataOf(next) is var data && condition?.Invoke(data) is not false)
                return data;
        throw new InvalidOperationException($"The stream ended without '{type}'.");
    }

    /// <summary>Reads tokens until there are so many characters of the answer, and returns the events.</summary>
    public async Task<List<SseItem<string>>> UntilTextAsync(int length)
    {
        var events = new List<SseItem<string>>();
        while (TextOf(events).Length < length)
            events.Add(await NextAsync() ?? throw new InvalidOperationException($"The stream ended after '{TextOf(events)}'."));
        return events;
    }

    /// <summary>All events until the end.</summary>
    public async Task<List<SseItem<string>>> RestAsync()
    {
        var events = new List<SseItem<string>>();
        while (await NextAsync() is { } next)
            events.Add(next);
        return events;
    }

    public static JsonElement DataOf(SseItem<string> item) => JsonSerializer.Deserialize<JsonElement>(item.Data);

    /// <summary>The answer, or what is in these events of it.</summary>
    public static string TextOf(IEnumerable<SseItem<string>> events) => Join(events, "text");

    /// <summary>The thinking, or what is in these events of it.</summary>
    public static string ThinkingOf(IEnumerable<SseItem<string>> events) => Join(events, "thinking");

    public async ValueTask DisposeAsync()
    {
        // First the connection: the parser may be waiting for it.
        _response.Dispose();
        try
        {
            await _events.DisposeAsync();
        }
        catch (NotSupportedException)
        {
            // A read was under way.
        }
    }

    private static string Join(IEnumerable<SseItem<string>> events, string member) => string.Concat(events
        .Where(item => item.EventType == "token")
        .Select(item => DataOf(item).TryGetProperty(member, out var text) ? text.GetString() : null));
}
