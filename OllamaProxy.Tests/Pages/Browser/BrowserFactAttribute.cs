namespace OllamaProxy.Tests.Pages.Browser;

/// <summary>A test that needs a browser, and is skipped where there is none.</summary>
public sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute()
    {
        if (Chromium.Path is null)
            Skip = "There is no Chromium here: install it, or name one in CHROMIUM_PATH.";
    }
}
