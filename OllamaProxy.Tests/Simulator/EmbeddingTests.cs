using System.Runtime.InteropServices;
using System.Text.Json;

namespace OllamaProxy.Tests.Simulator;

public sealed class EmbeddingTests : SimulatorTest
{
    [Fact]
    public async Task The_same_text_always_has_the_same_vector_through_whichever_API()
    {
        var embed = await AskAsync("/api/embed", """ "input":["hello","you"] """);
        Assert.Equal(
            ["model", "embeddings", "total_duration", "load_duration", "prompt_eval_count"],
            embed.EnumerateObject().Select(field => field.Name));
        Assert.Equal(2, embed.GetProperty("prompt_eval_count").GetInt32());
        var vectors = embed.GetProperty("embeddings").EnumerateArray().Select(Numbers).ToList();
        Assert.All(vectors, vector => Assert.Equal((8, 1.0), (vector.Length, Math.Round(vector.Sum(number => number * number), 5))));
        Assert.NotEqual(vectors[0], vectors[1]);

        Assert.Equal(vectors[0], Numbers((await AskAsync("/api/embed", """ "input":"hello" """)).GetProperty("embeddings")[0]));
        Assert.Equal(vectors[0], Numbers((await AskAsync("/api/embeddings", """ "prompt":"hello" """)).GetProperty("embedding")));
        var compatible = await AskAsync("/v1/embeddings", """ "input":["hello","you"] """);
        Assert.Equal(vectors, compatible.GetProperty("data").EnumerateArray().Select(one => Numbers(one.GetProperty("embedding"))));
        var bytes = (await AskAsync("/v1/embeddings", """ "input":"hello","encoding_format":"base64" """)).GetProperty("data")[0];
        Assert.Equal(vectors[0], MemoryMarshal.Cast<byte, float>(bytes.GetProperty("embedding").GetBytesFromBase64()).ToArray());
    }

    [Fact]
    public async Task A_vector_is_cut_to_the_dimensions_asked_for_and_has_the_length_1_again()
    {
        var vector = Numbers((await AskAsync("/api/embed", """ "input":"hello","dimensions":3 """)).GetProperty("embeddings")[0]);
        Assert.Equal((3, 1.0), (vector.Length, Math.Round(vector.Sum(number => number * number), 5)));
    }

    [Theory]
    [InlineData("/api/embed", "\"input\":[]", """{"model":"tiny","embeddings":[]}""")]
    [InlineData("/api/embed", "\"input\":\"\"", """{"model":"tiny","embeddings":[]}""")]
    [InlineData("/api/embed", "\"truncate\":true", """{"model":"tiny","embeddings":[]}""")]
    [InlineData("/api/embed", "\"input\":5", """{"error":"invalid input type"}""")]
    [InlineData("/api/embed", "\"input\":[5]", """{"error":"invalid input type"}""")]
    [InlineData("/api/embed", "\"input\":\"x\",\"model\":\"nosuch\"", """{"error":"model 'nosuch' not found"}""")]
    [InlineData("/api/embeddings", "\"prompt\":\"\"", """{"embedding":[]}""")]
    [InlineData("/api/embeddings", "\"model\":\"\"", """{"error":"model is required"}""")]
    [InlineData("/api/embeddings", "\"model\":\"nosuch\"", """{"error":"model \"nosuch\" not found, try pulling it first"}""")]
    public async Task What_there_is_nothing_to_embed_of_only_loads_the_model_or_is_an_error(string path, string fields, string answer) =>
        Assert.Equal(JsonElement.Parse(answer).GetRawText(), (await AskAsync(path, fields)).GetRawText());

    private async Task<JsonElement> AskAsync(string path, string fields)
    {
        var model = fields.Contains("\"model\"", StringComparison.Ordinal) ? "" : "\"model\":\"tiny\",";
        using var response = await PostAsync(path, $"{{{model}{fields}}}");
        return JsonElement.Parse(await response.Content.ReadAsStringAsync(Patience));
    }

    private static float[] Numbers(JsonElement vector) => [.. vector.EnumerateArray().Select(number => number.GetSingle())];
}
