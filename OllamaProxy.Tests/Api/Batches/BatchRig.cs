using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using OllamaProxy.Tests.Api.Files;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Batches;

/// <summary>Makes batches and reads what comes of them, as clients do.</summary>
internal static class BatchRig
{
    /// <summary>A line of an input.</summary>
    public static string Line(string customId, string prompt, string url = "/v1/chat/completions") => JsonSerializer.Serialize(new
    {
        custom_id = customId,
        method = "POST",
        url,
        body = new { model = "tiny", messages = new[] { new { role = "user", content = prompt } } },
    });

    public static Task<string> UploadAsync(this HttpClient client, params IEnumerable<string> lines) =>
        client.UploadAsync(Encoding.UTF8.GetBytes(string.Join('\n', lines)));

    public static async Task<string> UploadAsync(this HttpClient client, byte[] bytes)
    {
        using var form = FileTests.FormOf(bytes, "requests.jsonl", ("purpose", "batch"));
        return (await client.AnswerAsync(await client.PostAsync("/v1/files", form))).Text("id");
    }

    public static async Task<JsonElement> CreateAsync(
        this HttpClient client, string file, string endpoint = "/v1/chat/completions", object? metadata = null) => await client.AnswerAsync(
        await client.PostAsJsonAsync("/v1/batches", new { input_file_id = file, endpoint, completion_window = "24h", metadata }));

    /// <summary>Waits until a batch has ended, and returns it.</summary>
    public static async Task<JsonElement> EndAsync(this HttpClient client, string batch) =>
        await client.WhenAsync(batch, "completed", "failed", "expired", "cancelled");

    public static async Task<JsonElement> WhenAsync(this HttpClient client, string batch, params string[] statuses) =>
        (JsonElement)await Eventually.NotNull<object>(async () =>
            await client.GetFromJsonAsync<JsonElement>($"/v1/batches/{batch}") is var found && statuses.Contains(found.Text("status"))
                ? found : null, $"{batch} {string.Join(" or ", statuses)}", patience: TimeSpan.FromMinutes(5));

    /// <summary>The lines of a file, by their custom ids, each of which there is only one of.</summary>
    public static async Task<Dictionary<string, JsonElement>> LinesAsync(this HttpClient client, JsonElement batch, string file) =>
        batch.TryGetProperty(file, out var id) && id.ValueKind == JsonValueKind.String
            ? (await client.GetStringAsync($"/v1/files/{id.GetString()}/content")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonDocument.Parse(line).RootElement).ToDictionary(line => line.Text("custom_id"))
            : [];

    public static (long Total, long Completed, long Failed) Counts(this JsonElement batch)
    {
        var counts = batch.GetProperty("request_counts");
        return (Of("total"), Of("completed"), Of("failed"));

        long Of(string name) => counts.GetProperty(name).GetInt64();
    }

    /// <summary>The id as the rest of the API knows it.</summary>
    public static Guid Uuid(this JsonElement batch) => Guid.ParseExact(batch.Text("id")["batch_".Length..], "N");

    public static string Text(this JsonElement value, string name) => value.GetProperty(name).GetString()!;

    public static async Task<JsonElement> AnswerAsync(this HttpClient client, HttpResponseMessage response)
    {
        using (response)
        {
            var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
            Assert.True(response.IsSuccessStatusCode, $"{client.BaseAddress}: {answer}");
            return answer;
        }
    }
}
