using System.Text.Json;

namespace OllamaProxy.Tests.Api;

/// <summary>A problem as a client reads it.</summary>
public sealed record Problem(string Type, string Title, int Status, string Detail, string Error)
{
    /// <summary>Checks that an answer is a problem with this status, in all that RFC 9457 and the design ask for.</summary>
    public static async Task<Problem> OfAsync(HttpResponseMessage response, int status)
    {
        var body = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == status, $"{(int)response.StatusCode}: {body}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        var problem = JsonSerializer.Deserialize<Problem>(body, JsonSerializerOptions.Web)!;
        Assert.Equal((status, "about:blank", problem.Detail), (problem.Status, problem.Type, problem.Error));
        Assert.NotEmpty(problem.Title);
        Assert.DoesNotContain("   at ", problem.Error, StringComparison.Ordinal);
        Assert.EndsWith(".", problem.Error, StringComparison.Ordinal);
        return problem;
    }
}
