using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Pages.Browser;

/// <summary>A test that needs a browser and axe-core, and is skipped where one of them is not there.</summary>
public sealed class AxeFactAttribute : FactAttribute
{
    /// <summary>The script, from npm.</summary>
    public static readonly string Script = Repository.File("OllamaProxy.Tests/node_modules/axe-core/axe.min.js");

    public AxeFactAttribute() => Skip = new BrowserFactAttribute().Skip
        ?? (File.Exists(Script) ? null : "axe-core is not here: run `npm ci` in OllamaProxy.Tests.");
}
