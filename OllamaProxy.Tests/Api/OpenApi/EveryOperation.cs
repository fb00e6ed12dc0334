using OllamaProxy.Tests.Api.Callers;

namespace OllamaProxy.Tests.Api.OpenApi;

/// <summary>Calls every operation, with what it needs, so that it succeeds, and most of them so that they fail, too.</summary>
/// <param name="shared">A proxy that was just started, allows the management of models, and sends events to receivers here.</param>
internal sealed class EveryOperation(SharedProxy shared)
{
    private readonly AnswerLog _log = new(shared.Admin);

    /// <summary>What they answered.</summary>
    public IReadOnlyList<OpenApiDocument.Answer> Answers => _log.Answers;

    public async Task CallAsync()
    {
        await new OwnOperations(shared, _log).CallAsync();
        await new CallbackOperations(_log).CallAsync();
        await new CompatibleOperations(shared, _log).CallAsync();
        await FailAsync();
    }

    /// <summary>Without a key, without the right one, and of what is not there.</summary>
    private async Task FailAsync()
    {
        foreach (var operation in OpenApiDocument.Operations)
        {
            var name = $"{operation.Method} {operation.Path}";
            if (!operation.IsOpen)
                Assert.Equal((name, 401), (name, (await _log.CallAsync(shared.Anybody, name, id: "nosuch")).Status));
            if (operation.IsForAdmins)
                Assert.Equal((name, 403), (name, (await _log.CallAsync(shared.Alice, name, id: "nosuch")).Status));
            if (operation.Path.Contains("{id}", StringComparison.Ordinal))
                await _log.AskAsync(name, operation.Method == "PATCH" ? new { priority = 1 } : null, "nosuch");
        }
    }
}
