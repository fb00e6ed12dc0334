namespace OllamaProxy.Tests.Functions.StandIn;

/// <summary>A call of a function, and how it ends.</summary>
internal sealed record Invocation(string Id, string Function, Task<InvocationResponse> Response)
{
    public async Task<StatusResult> ResultAsync() => (await Response.WaitAsync(TimeSpan.FromSeconds(60))).Result;
}
