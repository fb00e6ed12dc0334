using OllamaProxy.Tests.Pages.Browser;
using OllamaProxy.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace OllamaProxy.Tests.Pages;

/// <summary>What stands above the form while no prompt could be answered.</summary>
public sealed class BannerTests : PageTests
{
    [BrowserFact]
    public async Task A_banner_tells_that_Ollama_is_away_and_goes_when_it_is_back()
    {
        await Proxy.Ollama.RefuseAsync();
        await Page.Clock.InstallAsync();
        await Page.GotoAsync("/");
        await Expect(ById("banner-text")).ToContainTextAsync("Ollama cannot be reached");
        await Expect(ById("banner-command")).ToHaveTextAsync("ollama serve");

        await Proxy.Ollama.AcceptAsync();
        await Eventually.NotNull(async () =>
        {
            await Page.Clock.FastForwardAsync(30_000);
            return await ById("banner").IsHiddenAsync() ? "gone" : null;
        });
        await Expect(ById("model")).ToContainTextAsync("tiny");
    }

    [BrowserFact]
    public async Task A_banner_tells_that_the_model_is_not_installed()
    {
        await RestartProxyAsync(("OLLAMA_MODEL", "qwen3:8b"));
        await Page.GotoAsync("/");

        await Expect(ById("banner-text")).ToContainTextAsync("The model qwen3:8b is not installed.");
        await Expect(ById("banner-command")).ToHaveTextAsync("ollama pull qwen3:8b");
        await ById("model").SelectOptionAsync("tiny");
        await Expect(ById("banner")).ToBeHiddenAsync();
    }
}
