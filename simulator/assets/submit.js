// The provider's sign-out page sends its only form by itself; a button does it where scripts are off.
document.forms[0].submit();
